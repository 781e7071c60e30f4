"""Robots of a group chat: WeCom (企业微信) and DingTalk (钉钉). One post for the group, not one for each reader.

WeCom: POST …/cgi-bin/webhook/send?key=…; DingTalk: POST …/robot/send?access_token=…, signed with timestamp and sign when
the robot has the security setting 加签. Both answer 200 with {"errcode": 0} when they took it, and with another errcode when
they did not. Neither takes an id of ours, so a group may see a message twice. Source: the developer manuals of both services.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import orjson

from .. import fields
from ..i18n import lazy_gettext as _l
from ..outgoing import Failure
from ..schemas import EntitySchema
from . import GROUP, Channel, Message, Setup
from . import http as over_http

WECOM_URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
DINGTALK_URL = "https://oapi.dingtalk.com/robot/send"
#: WeCom: wrong key, robot gone. DingTalk: token unknown, robot stopped; signature, address or keyword refused.
_KEY = frozenset({93000, 300005, 310000, 400101, 400102})
#: More than 20 posts a minute, or the platform's own trouble.
_BUSY = frozenset({-1, 45009, 130101, 410100})


class WecomForm(EntitySchema):
    """What a WeCom robot needs."""

    url = fields.Text(_l("Address of the robot, without key"), required=True, max=500, default=WECOM_URL)
    key = fields.Text(_l("Key of the robot"), required=True, max=200, widget="password",
                      help=_l("What stands behind key= in the address WeCom shows for the robot."))


class DingtalkForm(EntitySchema):
    """What a DingTalk robot needs."""

    url = fields.Text(_l("Address of the robot, without token"), required=True, max=500, default=DINGTALK_URL)
    token = fields.Text(_l("Access token"), required=True, max=200, widget="password",
                        help=_l("What stands behind access_token= in the address DingTalk shows for the robot."))
    secret = fields.Text(_l("Signing secret (加签)"), required=True, max=200, widget="password",
                         help=_l("Begins with SEC; choose the security setting 加签 for the robot."))


def words(message: Message) -> str:
    """Text and address, as a group chat shows them."""
    return f"{message.text}\n{message.url}" if message.url else message.text


def sign(secret: str, timestamp: str) -> str:
    """DingTalk's sign: base64 of HMAC-SHA256, keyed with the secret, over ``timestamp`` (milliseconds), LF, secret."""
    mac = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def _post(setup: Setup, url: str, body: dict[str, Any]) -> None:
    answer = over_http.post(setup, url, orjson.dumps(body), {"Content-Type": "application/json; charset=utf-8"})
    try:
        code = orjson.loads(answer.body)["errcode"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Failure("answer") from None
    if type(code) is not int:
        raise Failure("answer")
    if code == 0:
        return
    if code in _KEY:
        raise Failure("robot_key", code, whole=True)
    if code in _BUSY:
        raise Failure("robot_busy", code, whole=True)
    raise Failure("robot", code, final=True)


def send_wecom(setup: Setup, message: Message, _address: str) -> None:
    """Post one message as text. Raises ``Failure``."""
    _post(setup, f"{setup.get('url')}?{urlencode({'key': setup.get('key')})}",
          {"msgtype": "text", "text": {"content": words(message)}})


def send_dingtalk(setup: Setup, message: Message, _address: str) -> None:
    """Post one message as text. Raises ``Failure``."""
    timestamp = str(int(time.time() * 1000))
    query = urlencode({"access_token": setup.get("token"), "timestamp": timestamp, "sign": sign(setup.get("secret"), timestamp)})
    _post(setup, f"{setup.get('url')}?{query}",
          {"msgtype": "text", "text": {"content": words(message)}})


def check(setup: Setup) -> None:
    """Look at the address without asking it. Raises ``Failure``; an address with a query holds the key where all can read it."""
    if "?" in setup.get("url"):
        raise Failure("url", final=True)
    over_http.check(setup, setup.get("url"))


WECOM = Channel("wecom", _l("WeCom robot"), _l("Posts into a WeCom group."), GROUP, WecomForm, send_wecom, check,
                secrets=("key",), target=("url",))
DINGTALK = Channel("dingtalk", _l("DingTalk robot"), _l("Posts into a DingTalk group, signed."), GROUP, DingtalkForm,
                   send_dingtalk, check, secrets=("token", "secret"), target=("url",))
