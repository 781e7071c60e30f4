// Draws the boundaries in data-geojson (the text itself) or data-geojson-from (the id of a text field) on plain ground.
// A point may say in its properties: `name` (shown when pointed at), `url` (opened when chosen), `n` (a number written on it, for
// several things that stand close together; then the name stands below it).
(function () {
  'use strict';
  if (!window.L) { return; }
  const style = getComputedStyle(document.documentElement);
  const line = style.getPropertyValue('--g-primary').trim();
  const ground = style.getPropertyValue('--g-chart-1').trim();

  function parsed(text) {
    try { return text ? JSON.parse(text) : null; } catch (error) { return null; }
  }

  function draw(box, map, layer, text) {
    layer.clearLayers();
    const shape = parsed(text);
    if (!shape) { return; }
    try { layer.addData(shape); } catch (error) { return; }
    const bounds = layer.getBounds();
    if (bounds.isValid()) { map.fitBounds(bounds, { padding: [16, 16], maxZoom: 17 }); }
  }

  function words(text) {
    const node = document.createElement('span');
    node.textContent = text;
    return node;
  }

  function mark(feature, place) {
    const about = feature.properties || {};
    const radius = about.n ? Math.min(22, 11 + 2 * Math.log(about.n)) : 7;
    const made = window.L.circleMarker(place, { radius: radius, color: line, fillColor: ground, fillOpacity: about.n ? 0.75 : 0.35 });
    if (about.n) {
      const text = words(String(about.n));
      if (about.name) {
        const name = words(about.name);
        name.className = 'map-name';
        text.appendChild(name);
      }
      made.bindTooltip(text, { permanent: true, direction: 'center', className: 'map-count', interactive: false });
    } else if (about.name) {
      made.bindTooltip(words(about.name), { direction: 'top', offset: [0, -radius] });
    }
    if (about.url) {
      made.on('click', function () { window.location.assign(about.url); });
    }
    return made;
  }

  document.querySelectorAll('.map').forEach(function (box) {
    const map = window.L.map(box, { attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomSnap: 0.25 })
      .setView([32.69, 109.03], 11);
    const layer = window.L.geoJSON(null, {
      style: function () { return { color: line, weight: 2, fillColor: ground, fillOpacity: 0.18 }; },
      pointToLayer: mark
    }).addTo(map);
    const source = box.dataset.geojsonFrom ? document.getElementById(box.dataset.geojsonFrom) : null;
    if (source) {
      source.addEventListener('change', function () { draw(box, map, layer, source.value); });
      draw(box, map, layer, source.value);
    } else {
      draw(box, map, layer, box.dataset.geojson);
    }
  });
}());
