// Draws the boundaries in data-geojson (the text itself) or data-geojson-from (the id of a text field) on plain ground.
// A point may say in its properties: `name` (shown when pointed at), `url` (opened when chosen), `here` (it is what the page is
// about: its name is always shown), `n` (a number written on it, for
// several things that stand close together; then the name stands below it), `text` (written on it instead of the number), `tone`
// (ok, warn or bad: its colour; name or text say the same in words). A map with data-place-lat and data-place-lng (ids of
// two fields) shows the place that stands there, and fills them in with the place that is pointed at.
(function () {
  'use strict';
  if (!window.L) { return; }
  const style = getComputedStyle(document.documentElement);
  const line = style.getPropertyValue('--g-primary').trim();
  const ground = style.getPropertyValue('--g-chart-1').trim();
  const tones = { ok: '--g-ok', warn: '--g-warn', bad: '--g-bad' };

  function parsed(text) {
    try { return text ? JSON.parse(text) : null; } catch (error) { return null; }
  }

  function draw(box, map, layer, text) {
    layer.clearLayers();
    const shape = parsed(text);
    if (!shape) { return; }
    try { layer.addData(shape); } catch (error) { return; }
    const bounds = layer.getBounds();
    if (bounds.isValid()) { map.fitBounds(bounds, { paddingTopLeft: [24, 20], paddingBottomRight: [24, 40], maxZoom: 17 }); }
  }

  function words(text) {
    const node = document.createElement('span');
    node.textContent = text;
    return node;
  }

  function mark(feature, place) {
    const about = feature.properties || {};
    const radius = about.n ? Math.min(22, 11 + 2 * Math.log(about.n)) : about.here ? 10 : 7;
    const tone = tones[about.tone] ? style.getPropertyValue(tones[about.tone]).trim() : '';
    const full = about.n || about.here ? (tone ? 0.2 : 0.75) : 0.35;
    const made = window.L.circleMarker(place, { radius: radius, color: tone || line, fillColor: tone || ground, fillOpacity: full });
    if (about.n) {
      const text = words(about.text || String(about.n));
      if (about.name) {
        const name = words(about.name);
        name.className = 'map-name';
        text.appendChild(name);
      }
      made.bindTooltip(text, { permanent: true, direction: 'center', className: 'map-count', interactive: false });
    } else if (about.name) {
      made.bindTooltip(words(about.name), { direction: 'top', offset: [0, -radius], permanent: Boolean(about.here) });
    }
    if (about.url) {
      made.on('click', function () { window.location.assign(about.url); });
    }
    return made;
  }

  function place(box, map) {
    const lat = document.getElementById(box.dataset.placeLat);
    const lng = document.getElementById(box.dataset.placeLng);
    if (!lat || !lng) { return; }
    const here = window.L.circleMarker([0, 0], { radius: 10, color: line, weight: 3, fillColor: ground, fillOpacity: 0.9 });

    function show(far) {
      const at = [parseFloat(lat.value), parseFloat(lng.value)];
      if (isNaN(at[0]) || isNaN(at[1]) || Math.abs(at[0]) > 90 || Math.abs(at[1]) > 180) { here.remove(); return; }
      here.setLatLng(at).addTo(map);
      if (far) { map.setView(at, 14); }
    }

    [lat, lng].forEach(function (field) { field.addEventListener('change', function () { show(true); }); });
    map.on('click', function (event) {
      lat.value = event.latlng.lat.toFixed(6);
      lng.value = event.latlng.wrap().lng.toFixed(6);
      lng.dispatchEvent(new Event('input', { bubbles: true }));
      show(false);
    });
    show(true);
  }

  document.querySelectorAll('.map').forEach(function (box) {
    if (box.parentNode.hidden && box.dataset.placeLat) { box.parentNode.hidden = false; }
    const map = window.L.map(box, { attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomSnap: 0.25 })
      .setView([32.69, 109.03], 11);
    const layer = window.L.geoJSON(null, {
      style: function (feature) { return feature.properties && feature.properties.tone ? {} : { color: line, weight: 2, fillColor: ground, fillOpacity: 0.18 }; },
      pointToLayer: mark
    }).addTo(map);
    const source = box.dataset.geojsonFrom ? document.getElementById(box.dataset.geojsonFrom) : null;
    if (source) {
      source.addEventListener('change', function () { draw(box, map, layer, source.value); });
      draw(box, map, layer, source.value);
    } else {
      draw(box, map, layer, box.dataset.geojson);
    }
    if (box.dataset.placeLat) { place(box, map); }
  });
}());
