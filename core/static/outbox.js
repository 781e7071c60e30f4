// Entries that are typed where the net comes and goes. A form with data-outbox is not sent by the browser but put into a store
// of this browser first; from there it goes to the same address as the form would, until the server has answered. Each entry
// carries the mark of its form (client_id), so that one whose answer was lost is stored once all the same. It lives in the page,
// because a plain-HTTP intranet has no service worker. Without this script the form is sent as always.
(function () {
  'use strict';
  const strip = document.querySelector('[data-outbox-strip]');
  if (!strip || !window.indexedDB || !window.fetch) { return; }
  const form = document.querySelector('form[data-outbox]');
  const words = JSON.parse(strip.dataset.words);
  const account = strip.dataset.account;
  const SIDE = 1600, LATEST = 5 * 60 * 1000, FIRST = 2000, PATIENCE = 60 * 1000, PROBE = 30 * 1000;
  let token = strip.dataset.csrf, busy = false, timer = 0, wait = FIRST, online = null, open = '', asked = 0;

  // ---------------------------------------------------------------- the store

  function base() {
    return new Promise(function (resolve, reject) {
      const asked = window.indexedDB.open('grid321-outbox', 1);
      asked.onupgradeneeded = function () { asked.result.createObjectStore('item', { keyPath: 'id' }); };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = function () { reject(asked.error); };
    });
  }

  async function store(mode, change) {
    const known = await base();
    return new Promise(function (resolve, reject) {
      const deal = known.transaction('item', mode);
      const asked = change(deal.objectStore('item'));
      deal.oncomplete = function () { known.close(); resolve(asked.result); };
      deal.onerror = deal.onabort = function () { known.close(); reject(deal.error); };
    });
  }

  // Entries of whoever is logged in; those of another person wait in the same browser until he or she comes back.
  async function mine() {
    const all = await store('readonly', function (items) { return items.getAll(); });
    return all.filter(function (item) { return item.account === account; }).sort(function (a, b) { return a.at - b.at; });
  }

  function keep(item) { return store('readwrite', function (items) { return items.put(item); }); }
  function drop(id) { return store('readwrite', function (items) { return items.delete(id); }); }

  // ---------------------------------------------------------------- from the form into the store

  function newMark() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes).map(function (one) { return one.toString(16).padStart(2, '0'); }).join('');
  }

  // A photo of a telephone is several megabytes and says where it was taken: drawn anew it is small and says nothing.
  function smaller(file) {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type)) { return Promise.resolve({ name: file.name, blob: file }); }
    return new Promise(function (resolve) {
      const picture = new Image(), address = URL.createObjectURL(file);
      function as(blob) { URL.revokeObjectURL(address); resolve(blob ? { name: file.name.replace(/\.\w+$/, '.jpg'), blob: blob }
        : { name: file.name, blob: file }); }
      picture.onerror = function () { as(null); };
      picture.onload = function () {
        const part = Math.min(1, SIDE / Math.max(picture.naturalWidth, picture.naturalHeight));
        const canvas = document.createElement('canvas');
        canvas.width = Math.max(1, Math.round(picture.naturalWidth * part));
        canvas.height = Math.max(1, Math.round(picture.naturalHeight * part));
        const pen = canvas.getContext('2d');
        pen.fillStyle = '#fff';
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
        canvas.toBlob(as, 'image/jpeg', 0.85);
      };
      picture.src = address;
    });
  }

  async function entry() {
    const values = [], files = [];
    for (const one of Array.from(form.elements)) {
      if (!one.name || one.name.charAt(0) === '_' || one.disabled || one.type === 'submit' || one.type === 'button') { continue; }
      if (one.type === 'file') {
        for (const file of Array.from(one.files)) { files.push(Object.assign({ field: one.name }, await smaller(file))); }
      } else if ((one.type !== 'radio' && one.type !== 'checkbox') || one.checked) {
        values.push([one.name, one.value]);
      }
    }
    const told = form.elements[form.dataset.outboxTitle];
    return { id: form.elements.client_id.value, account: account, url: form.action, page: strip.dataset.page, values: values,
      files: files, title: told && told.value ? told.value.slice(0, 60) : words.untitled, at: Date.now(), tries: 0, next: 0,
      state: 'queued', words: [] };
  }

  function fill(item) {
    Array.from(form.elements).forEach(function (one) {
      if (!one.name || one.name.charAt(0) === '_') { return; }
      const same = item.values.filter(function (pair) { return pair[0] === one.name; });
      if (one.type === 'file') {
        const held = new DataTransfer();
        item.files.filter(function (file) { return file.field === one.name; }).forEach(function (file) {
          held.items.add(new File([file.blob], file.name, { type: file.blob.type }));
        });
        one.files = held.files;
      } else if (one.type === 'radio' || one.type === 'checkbox') {
        one.checked = same.some(function (pair) { return pair[1] === one.value; });
      } else if (same.length) {
        put(one, same[0][1]);
      }
    });
  }

  function put(one, value) {
    if (one.tomselect) { one.tomselect.setValue(value); } else { one.value = value; }
  }

  function empty() {
    const kept = (form.dataset.outboxKeep || '').split(' ').filter(Boolean).map(function (name) {
      const field = form.elements[name];
      return [name, field ? field.value : ''];
    });
    form.reset();
    kept.forEach(function (pair) { if (form.elements[pair[0]] && pair[1]) { form.elements[pair[0]].value = pair[1]; } });
    Array.from(form.elements).forEach(function (one) { if (one.tomselect) { one.tomselect.sync(); } });
    form.elements.client_id.value = newMark();
    open = '';
    say([]);
    form.dispatchEvent(new CustomEvent('grid321-queued'));
  }

  function untouched() {
    const told = form && form.elements[form.dataset.outboxTitle];
    return Boolean(told) && !told.value;
  }

  // What the server said, as its own page would say it: a summary above the form that takes the eye and the reader's voice.
  function say(lines) {
    const old = document.getElementById('error-summary');
    if (old) { old.remove(); }
    if (!lines.length) { return; }
    const box = document.createElement('div');
    box.className = 'error-summary';
    box.id = 'error-summary';
    box.tabIndex = -1;
    box.setAttribute('role', 'alert');
    const head = document.createElement('h2');
    head.textContent = words.correct_first;
    const list = document.createElement('ul');
    lines.forEach(function (line) {
      const row = document.createElement('li');
      const text = line.to ? document.createElement('a') : row;
      if (line.to) { text.href = line.to; row.appendChild(text); }
      text.textContent = line.text;
      list.appendChild(row);
    });
    box.appendChild(head);
    box.appendChild(list);
    form.parentNode.insertBefore(box, form);
    box.focus();
  }

  function reopen(item) {
    fill(item);
    open = item.id;
    say(item.words);
  }

  // ---------------------------------------------------------------- from the store to the server

  function ask(url, rest) {
    const stop = new AbortController(), clock = setTimeout(function () { stop.abort(); }, PATIENCE);
    return window.fetch(url, Object.assign({ credentials: 'same-origin', cache: 'no-store', signal: stop.signal }, rest))
      .finally(function () { clearTimeout(clock); });
  }

  function page(text) { return new DOMParser().parseFromString(text, 'text/html'); }
  function atLogin(answer) { return answer.status === 401 || /\/login(\?|$)/.test(answer.url); }

  function post(item) {
    const body = new FormData();
    body.append('_csrf', token);
    item.values.forEach(function (pair) { body.append(pair[0], pair[1]); });
    item.files.forEach(function (file) { body.append(file.field, file.blob, file.name); });
    return ask(item.url, { method: 'POST', body: body });
  }

  // A page that lay open over a new login has an old token: fetch a new one. False when somebody else is logged in, or nobody.
  async function renew() {
    const answer = await ask(strip.dataset.page);
    if (atLogin(answer) || !answer.ok) { return false; }
    const found = page(await answer.text()).querySelector('[data-outbox-strip]');
    if (!found || found.dataset.account !== account) { return false; }
    token = found.dataset.csrf;
    return true;
  }

  function saidIn(text) {
    const found = page(text);
    const lines = Array.from(found.querySelectorAll('#error-summary li'));
    const other = Array.from(found.querySelectorAll('main h1, main p')).filter(function (one) { return !one.closest('form, .paper'); });
    return (lines.length ? lines : other.slice(0, 3)).map(function (one) {
      const link = one.querySelector('a[href^="#f-"]');
      return { text: one.textContent.trim(), to: link ? link.getAttribute('href') : '' };
    }).filter(function (line) { return line.text; });
  }

  // Returns 'sent', 'held' (this one waits or needs a person; the next is tried) or 'stop' (no use in trying others now).
  async function send(item) {
    let answer;
    try {
      answer = await post(item);
      if (answer.status === 403) {
        if (!await renew()) { return await needsLogin(item); }
        answer = await post(item);
      }
    } catch (_error) {
      online = false;
      return 'stop';
    }
    online = true;
    if (atLogin(answer)) { return needsLogin(item); }
    const text = await answer.text().catch(function () { return null; });
    if (answer.ok) {
      await drop(item.id);
      strip.dataset.sent = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      if (text && item.page === strip.dataset.page) { refresh(page(text)); }
      return 'sent';
    }
    item.tries += 1;
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      item.next = Date.now() + Math.min(LATEST, FIRST * Math.pow(2, item.tries));
    } else {
      item.state = answer.status === 409 || answer.status === 412 ? 'conflict' : 'rejected';
      item.words = saidIn(text || '');
    }
    await keep(item);
    if (item.state !== 'queued' && form && item.url === form.action && (untouched() || open === item.id)) { reopen(item); }
    return 'held';
  }

  async function needsLogin(item) {
    item.state = 'needs_login';
    await keep(item);
    return 'stop';
  }

  async function flush(forced) {
    if (busy) { return; }
    busy = true;
    clearTimeout(timer);
    try {
      for (const item of await mine()) {
        const waits = item.state === 'queued' || (forced && item.state === 'needs_login');
        if (!waits || (!forced && item.next > Date.now())) { continue; }
        if (item.state === 'needs_login') { item.state = 'queued'; }
        if (await send(item) === 'stop') { break; }
      }
    } finally { busy = false; }
    wait = online === false ? Math.min(LATEST, wait * 2) : FIRST;
    await show();
  }

  // Whether the server answers is asked of the server: a browser calls itself online behind any cable.
  async function probe() {
    const before = online;
    asked = Date.now();
    try { online = (await ask(strip.dataset.health)).ok; } catch (_error) { online = false; }
    if (online && before === false) { wait = FIRST; return flush(false); }
    return show();
  }

  // What the page shows of the register comes with the answer; a form in which somebody is typing stays.
  function refresh(found) {
    document.querySelectorAll('[data-outbox-part]').forEach(function (part) {
      const fresh = found.getElementById(part.id);
      const typed = Array.from(part.querySelectorAll('textarea, input[type=text]')).some(function (one) {
        return one.value !== one.defaultValue;
      });
      if (!fresh || typed || part.contains(document.activeElement)) { return; }
      part.parentNode.replaceChild(document.adoptNode(fresh), part);
    });
  }

  // ---------------------------------------------------------------- what is seen

  function button(text, act, look) {
    const found = document.createElement('button');
    found.type = 'button';
    found.className = 'btn ' + (look || 'btn-secondary');
    found.textContent = text;
    found.addEventListener('click', act);
    return found;
  }

  function row(item) {
    const line = document.createElement('li');
    const title = document.createElement('span');
    title.className = 'name';
    title.textContent = item.title;
    const state = document.createElement('span');
    state.className = 'end tag ' + (item.state === 'queued' ? 'info' : 'warn');
    state.textContent = words[item.state];
    line.appendChild(title);
    line.appendChild(state);
    item.words.forEach(function (one) {
      const said = document.createElement('span');
      said.className = 'meta';
      said.textContent = one.text;
      line.appendChild(said);
    });
    if (item.state === 'rejected' || item.state === 'conflict') {
      const doing = document.createElement('span');
      doing.className = 'buttons';
      if (form && form.action === item.url) {
        doing.appendChild(button(words.correct, function () { reopen(item); }));
      } else {
        const link = document.createElement('a');
        link.className = 'btn btn-secondary';
        link.href = item.page;
        link.textContent = words.its_page;
        doing.appendChild(link);
      }
      // app.js asks once more on the button itself and marks it.
      const away = button(words.drop, function () { if (away.dataset.armed) { drop(item.id).then(show); } });
      away.dataset.confirm = words.drop_sure;
      doing.appendChild(away);
      line.appendChild(doing);
    }
    return line;
  }

  // Whoever cannot send at all takes the entries along as a file that a person can read.
  function saved(items) {
    const text = JSON.stringify(items.map(function (item) {
      return { typed: new Date(item.at).toISOString(), address: item.url, mark: item.id, values: item.values,
        files: item.files.map(function (file) { return file.name; }) };
    }), null, 1);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    link.download = 'entries.json';
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  async function show() {
    const items = await mine();
    const part = function (name) { return strip.querySelector('[data-outbox-' + name + ']'); };
    strip.hidden = false;
    strip.classList.toggle('warn', online === false || items.length > 0);
    const state = part('state');
    state.className = 'tag ' + (online === false ? 'warn' : 'ok');
    state.textContent = online === false ? words.offline : words.online;
    part('count').textContent = items.length ? words.waiting.replace('{n}', items.length) : words.none;
    part('last').textContent = strip.dataset.sent ? words.last.replace('{time}', strip.dataset.sent) : '';
    part('why').hidden = online !== false;
    const list = part('list');
    list.textContent = '';
    items.forEach(function (item) { list.appendChild(row(item)); });
    const doing = part('buttons');
    doing.textContent = '';
    if (items.length) {
      if (items.some(function (item) { return item.state === 'needs_login'; })) {
        const link = document.createElement('a');
        link.className = 'btn btn-primary';
        link.href = strip.dataset.login;
        link.textContent = words.log_in;
        doing.appendChild(link);
      }
      doing.appendChild(button(words.now, function () { flush(true); }));
      doing.appendChild(button(words.save, function () { saved(items); }));
    }
    try {
      const here = items.length ? JSON.stringify({ account: account, page: items[0].page, count: items.length }) : '';
      window.localStorage.setItem('grid321-waiting', here);
    } catch (_error) { /* the note on other pages is a help only */ }
    clearTimeout(timer);
    const due = items.filter(function (item) { return item.state === 'queued'; }).map(function (item) { return item.next; });
    if (online === false) {
      timer = setTimeout(probe, Math.min(PROBE, wait));
    } else if (due.length) {
      timer = setTimeout(function () { flush(false); }, Math.max(20, Math.min.apply(null, due) - Date.now()));
    }
  }

  // ---------------------------------------------------------------- the page

  if (form) {
    form.addEventListener('submit', function (event) {
      if (event.submitter && event.submitter.name) { return; }
      event.preventDefault();
      entry().then(keep).then(function () {
        empty();
        return flush(false).then(show);
      }).catch(function () { form.submit(); });  // the store is full or forbidden: send as a page without script does
    });
  }
  document.addEventListener('input', function () { if (Date.now() - asked > PROBE) { probe(); } });
  // What ends the work of this page waits until everything that was typed has arrived.
  document.addEventListener('submit', function (event) {
    const last = event.target;
    if (!last.hasAttribute || !last.hasAttribute('data-outbox-last') || last.dataset.clear) { return; }
    event.preventDefault();
    flush(true).then(mine).then(function (items) {
      const left = items.filter(function (item) { return item.page === strip.dataset.page; });
      if (left.length) { strip.tabIndex = -1; strip.focus(); return; }
      last.dataset.clear = '1';
      if (last.requestSubmit) { last.requestSubmit(); } else { last.submit(); }
    });
  }, true);
  window.addEventListener('online', probe);
  window.addEventListener('offline', probe);
  flush(true).then(function () { return online === null ? probe() : null; }).catch(function () { return null; });
}());
