// Keeps what is typed into a form with data-draft in this browser until it was accepted.
(function () {
  'use strict';
  const form = document.querySelector('form[data-draft]');
  if (!form || !window.indexedDB || !window.grid321) { return; }
  const key = form.dataset.draft;
  const refused = Boolean(document.getElementById('error-summary'));
  const sent = document.createElement('input');
  sent.type = 'hidden';
  sent.name = '_draft';
  form.appendChild(sent);

  // Each page with a form has a mark of its own; the server names the marks of accepted forms in a cookie.
  function renew() { sent.value = Math.random().toString(36).slice(2).padEnd(10, '0') + Date.now().toString(36); }
  renew();
  window.addEventListener('pageshow', function (event) { if (event.persisted) { renew(); } });

  function fields() {
    return Array.from(form.elements).filter(function (one) {
      return one.name && one.name.charAt(0) !== '_' && !one.hasAttribute('data-private') &&
        ['hidden', 'password', 'file', 'submit', 'button'].indexOf(one.type) < 0;
    });
  }

  function values() {
    return fields().map(function (one) {
      return { name: one.name, value: one.value, on: Boolean(one.checked) };
    });
  }

  function keep() {
    const draft = { key: key, mark: sent.value, values: values(), at: Date.now() };
    return window.grid321.draft('readwrite', function (store) { return store.put(draft); })
      .catch(function () { return null; });
  }

  function put(draft) {
    const wanted = draft.values;
    let changed = false;
    fields().forEach(function (one) {
      const same = wanted.filter(function (old) { return old.name === one.name; });
      if (one.type === 'radio' || one.type === 'checkbox') {
        const on = same.some(function (old) { return old.on && old.value === one.value; });
        if (one.checked !== on) { one.checked = on; changed = true; }
      } else if (same.length && one.value !== same[0].value) {
        one.value = same[0].value;
        changed = true;
      }
    });
    return changed;
  }

  function tell() {
    const line = document.createElement('div');
    line.className = 'notice info';
    line.setAttribute('role', 'status');
    const words = document.createElement('div');
    words.textContent = form.dataset.draftFound + ' ';
    const drop = document.createElement('button');
    drop.type = 'button';
    drop.className = 'btn btn-quiet';
    drop.textContent = form.dataset.draftDrop;
    drop.addEventListener('click', function () {
      window.grid321.draft('readwrite', function (store) { return store.delete(key); })
        .then(function () { form.reset(); line.remove(); });
    });
    words.appendChild(drop);
    line.appendChild(words);
    form.parentNode.insertBefore(line, form);
  }

  let timer = 0;
  function later() { clearTimeout(timer); timer = setTimeout(keep, 400); }

  const ready = refused ? Promise.resolve(null)
    : window.grid321.draft('readonly', function (store) { return store.get(key); });
  ready.then(function (draft) {
    // A week-old draft would surprise more than help.
    const fresh = draft && Date.now() - draft.at < 7 * 24 * 3600 * 1000 && window.grid321.accepted().indexOf(draft.mark) < 0;
    if (fresh && put(draft)) { keep().then(tell); }
    form.addEventListener('input', later);
    form.addEventListener('change', later);
    form.addEventListener('submit', function () { clearTimeout(timer); keep(); });
    // What the outbox has taken over is no draft any more.
    form.addEventListener('grid321-queued', function () {
      clearTimeout(timer);
      renew();
      window.grid321.draft('readwrite', function (store) { return store.delete(key); }).catch(function () { return null; });
    });
  }).catch(function () { return null; });
}());

// A reply template fills its field without loading the page again; without scripts the page does the same by its address.
(function () {
  'use strict';
  const picker = document.querySelector('form[data-replies]');
  const field = picker && document.getElementById(picker.dataset.replies);
  if (!field) { return; }
  picker.addEventListener('submit', function (event) {
    const chosen = picker.elements.template.selectedOptions[0];
    if (!chosen) { return; }
    event.preventDefault();
    field.value = chosen.dataset.text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
  });
}());
