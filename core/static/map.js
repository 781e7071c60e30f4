// Draws the boundaries in data-geojson (the text itself) or data-geojson-from (the id of a text field) on plain ground.
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

  document.querySelectorAll('.map').forEach(function (box) {
    const map = window.L.map(box, { attributionControl: false, zoomAnimation: false, fadeAnimation: false })
      .setView([32.69, 109.03], 11);
    const layer = window.L.geoJSON(null, {
      style: function () { return { color: line, weight: 2, fillColor: ground, fillOpacity: 0.18 }; },
      pointToLayer: function (feature, place) { return window.L.circleMarker(place, { radius: 7, color: line }); }
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
