// On every page. Nothing here is needed: each form and link works without it.
(function () {
  'use strict';

  // An error summary is what a person must read first.
  const summary = document.getElementById('error-summary');
  if (summary) { summary.focus(); }

  // Menus of the header close with Escape and with a click elsewhere.
  document.addEventListener('click', function (event) {
    document.querySelectorAll('details.menu[open]').forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.removeAttribute('open'); }
    });
  });
  document.addEventListener('keydown', function (event) {
    if (event.key !== 'Escape') { return; }
    document.querySelectorAll('details.menu[open]').forEach(function (menu) {
      menu.removeAttribute('open');
      menu.querySelector('summary').focus();
    });
  });

  // A second press while the first is on its way would only be refused: say that it is on its way.
  document.addEventListener('submit', function (event) {
    if (event.defaultPrevented) { return; }
    const form = event.target;
    if (form.method !== 'post') { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = '1';
    const button = form.querySelector('button[data-busy]');
    if (button) {
      button.dataset.words = button.textContent;
      button.textContent = button.dataset.busy;
      button.setAttribute('aria-disabled', 'true');
    }
  });
  window.addEventListener('pageshow', function () {
    document.querySelectorAll('form[data-sent]').forEach(function (form) {
      delete form.dataset.sent;
      const button = form.querySelector('button[data-busy]');
      if (button && button.dataset.words) {
        button.textContent = button.dataset.words;
        button.removeAttribute('aria-disabled');
      }
    });
  });

  // What cannot be taken back asks once more on the button itself; a pop-up would frighten and cannot be read aloud well.
  document.addEventListener('click', function (event) {
    const button = event.target.closest ? event.target.closest('button[data-confirm]') : null;
    if (!button || button.dataset.armed) { return; }
    event.preventDefault();
    const words = button.innerHTML;
    button.dataset.armed = '1';
    button.setAttribute('aria-live', 'polite');
    button.textContent = button.dataset.confirm;
    button.addEventListener('blur', function () {
      delete button.dataset.armed;
      button.innerHTML = words;
    }, { once: true });
  });

  // Files: say at once that one is too big, not after a long upload.
  document.addEventListener('change', function (event) {
    const input = event.target;
    if (!input.matches || !input.matches('input[type=file][data-max-bytes]')) { return; }
    const limit = Number(input.dataset.maxBytes);
    const tooBig = Array.from(input.files).some(function (file) { return file.size > limit; });
    let message = document.getElementById(input.id + '-size');
    if (!message) {
      message = document.createElement('p');
      message.id = input.id + '-size';
      message.className = 'message';
      message.setAttribute('role', 'alert');
      input.parentNode.insertBefore(message, input);
    }
    message.textContent = tooBig ? input.dataset.tooBig : '';
    input.setCustomValidity(tooBig ? input.dataset.tooBig : '');
    if (tooBig) { input.value = ''; input.setCustomValidity(''); }
  });

  // "Print" links to a page of its own; where a button asks for this very page, the browser prints it.
  document.addEventListener('click', function (event) {
    const button = event.target.closest ? event.target.closest('[data-print]') : null;
    if (button) { event.preventDefault(); window.print(); }
  });

  // Entries that wait in this browser (outbox.js) are sent from the page of their form: say so on every other page.
  const note = document.querySelector('[data-outbox-note]');
  let waiting = null;
  try { waiting = JSON.parse(window.localStorage.getItem('grid321-waiting') || 'null'); } catch (_error) { waiting = null; }
  if (note && waiting && waiting.account === note.dataset.outboxNote && !document.querySelector('[data-outbox-strip]')) {
    note.querySelector('a').href = waiting.page;
    note.hidden = false;
  }

  // Filters fold on a phone: the list is what was asked for.
  if (window.matchMedia('(max-width: 767px)').matches) {
    document.querySelectorAll('details.fold[open]:not([data-keep])').forEach(function (fold) {
      if (!fold.querySelector('input[type=search][value]:not([value=""]), option[selected]')) {
        fold.removeAttribute('open');
      }
    });
  }

  // A table that is wider than the screen must be reachable by keyboard to be scrolled, also after a phone was turned.
  function letTablesBeReached() {
    document.querySelectorAll('.sheet-table').forEach(function (box) {
      if (box.scrollWidth <= box.clientWidth) {
        ['tabindex', 'role', 'aria-label'].forEach(function (name) { box.removeAttribute(name); });
        return;
      }
      const caption = box.querySelector('caption');
      box.tabIndex = 0;
      box.setAttribute('role', 'region');
      box.setAttribute('aria-label', caption ? caption.textContent.trim() : document.title);
    });
  }
  letTablesBeReached();
  window.addEventListener('resize', letTablesBeReached);

  // Parts that cost more than their page come after it, from a page of their own that the link inside leads to.
  document.querySelectorAll('[data-load]').forEach(function (box) {
    window.fetch(box.dataset.load, { credentials: 'same-origin' }).then(function (answer) {
      return answer.ok ? answer.text() : Promise.reject(answer.status);
    }).then(function (html) {
      const part = new DOMParser().parseFromString(html, 'text/html').getElementById(box.dataset.part);
      if (!part) { return; }
      box.textContent = '';
      if ('nothing' in part.dataset) { return; }
      while (part.firstChild) { box.appendChild(document.adoptNode(part.firstChild)); }
      box.classList.remove('no-print');
    }).catch(function () { return null; });  // the link stays
  });

  // Drafts belong to the person who typed them: leaving the account drops them, on the page that follows, because work
  // that a page starts while it is being left may never end. A login that has only run out drops nothing.
  document.addEventListener('submit', function (event) {
    if (/\/logout$/.test(event.target.action)) { window.sessionStorage.setItem('grid321-left', '1'); }
  }, true);
  if (window.sessionStorage.getItem('grid321-left') && document.body.classList.contains('anonymous')) {
    window.sessionStorage.removeItem('grid321-left');
    if (window.indexedDB) { window.indexedDB.deleteDatabase('grid321-drafts'); }
  }

  window.grid321 = {
    drafts: function () {
      return new Promise(function (resolve, reject) {
        const asked = window.indexedDB.open('grid321-drafts', 1);
        asked.onupgradeneeded = function () { asked.result.createObjectStore('draft', { keyPath: 'key' }); };
        asked.onsuccess = function () { resolve(asked.result); };
        asked.onerror = function () { reject(asked.error); };
      });
    },
    draft: function (mode, change) {
      return window.grid321.drafts().then(function (base) {
        return new Promise(function (resolve, reject) {
          const deal = base.transaction('draft', mode);
          const asked = change(deal.objectStore('draft'));
          deal.oncomplete = function () { base.close(); resolve(asked.result); };
          deal.onerror = function () { base.close(); reject(deal.error); };
        });
      });
    }
  };

  // The answer to an accepted form names its mark in a cookie: the draft it came from is not needed any more.
  window.grid321.accepted = function () {
    const found = document.cookie.match(/(?:^|; )grid321_accepted=([0-9a-z.]*)/);
    return found ? found[1].split('.') : [];
  };
  if (window.indexedDB && window.grid321.accepted().length) {
    window.grid321.draft('readwrite', function (store) {
      const asked = store.getAll();
      asked.onsuccess = function () {
        asked.result.forEach(function (draft) {
          if (window.grid321.accepted().indexOf(draft.mark) >= 0) { store.delete(draft.key); }
        });
      };
      return asked;
    }).catch(function () { return null; });
  }
}());
