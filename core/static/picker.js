// Long lists become searchable; without this they stay native lists.
(function () {
  'use strict';
  if (!window.TomSelect) { return; }
  document.querySelectorAll('select[data-picker], select[data-lookup]').forEach(function (select) {
    const label = document.querySelector('label[for="' + select.id + '"]');
    const lookup = select.dataset.lookup;
    const options = {
      maxOptions: 200,
      allowEmptyOption: false,
      plugins: [],
      render: {
        no_results: function () {
          const none = document.createElement('div');
          none.className = 'no-results';
          none.textContent = document.documentElement.lang === 'en' ? 'Nothing found' : '没有找到';
          return none;
        }
      }
    };
    if (lookup) {
      options.valueField = 'value';
      options.labelField = 'text';
      options.searchField = ['text'];
      options.load = function (query, done) {
        const url = lookup + (lookup.indexOf('?') < 0 ? '?' : '&') + 'q=' + encodeURIComponent(query);
        fetch(url, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
          .then(function (answer) { return answer.ok ? answer.json() : []; })
          .then(function (rows) { done(rows.items || rows); })
          .catch(function () { done(); });
      };
    }
    const made = new window.TomSelect(select, options);
    // The list itself stays for the form to be sent, out of sight of screen readers.
    select.setAttribute('aria-hidden', 'true');
    if (label && made.control_input) { made.control_input.setAttribute('aria-label', label.textContent.trim()); }
    const described = select.getAttribute('aria-describedby');
    if (described && made.control_input) { made.control_input.setAttribute('aria-describedby', described); }
  });
}());
