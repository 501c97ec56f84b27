// Marks of one layer that are dragged onto others: by mouse or by one finger; Escape gives up.

const BEGIN_PX = 5;
const REACH_PX = 14;

// `moved(from, lngLat, onto)` while it goes, with null when it is over; `dropped(from, onto)` at the end.
// `from` and `onto` are properties of features; `onto` is null where there is nothing. What it gives has
// `going`.
/**
 * @param {any} map
 * @param {{ layer: any, targets: any, moved: any, dropped: any }} given1
 */
export function dragging(map, { layer, targets, moved, dropped }) {
  /** @type {any} */
  let going = null;

  /** @param {any} point */
  const under = (point) => {
    const box = [
      [point.x - REACH_PX, point.y - REACH_PX],
      [point.x + REACH_PX, point.y + REACH_PX],
    ];
    const hits = map.queryRenderedFeatures(box, {
      layers: targets.filter((/** @type {any} */ id) => map.getLayer(id)),
    });
    return (
      hits
        .map((/** @type {any} */ hit) => hit.properties)
        .find((/** @type {Properties} */ p) => p.code !== going.from.code) ?? null
    );
  };
  /** @param {any} drop */
  const end = (drop) => {
    const { from, begun, onto } = going;
    going = null;
    for (const [name, act] of Object.entries(away)) removeEventListener(name, act, true);
    map.off("mousemove", move);
    map.off("touchmove", move);
    map.getCanvas().style.cursor = "";
    if (!begun) return;
    moved(null);
    if (drop) dropped(from, onto);
  };
  /** @param {any} event */
  const move = (event) => {
    if (event.points?.length > 1) return end(false);
    if (!going.begun && Math.hypot(event.point.x - going.at.x, event.point.y - going.at.y) < BEGIN_PX)
      return undefined;
    going.begun = true;
    going.onto = under(event.point);
    map.getCanvas().style.cursor = going.onto ? "copy" : "grabbing";
    return moved(going.from, [event.lngLat.lng, event.lngLat.lat], going.onto);
  };
  /** @param {any} event */
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    end(false);
  };
  /** @param {any} event */
  const begin = (event) => {
    if (going || event.points?.length > 1 || event.originalEvent.button > 0) return;
    event.preventDefault();
    going = { from: event.features[0].properties, at: event.point, begun: false, onto: null };
    map.on(event.type === "touchstart" ? "touchmove" : "mousemove", move);
    for (const [name, act] of Object.entries(away)) addEventListener(name, act, true);
  };
  // Wherever it ends, the map hears of it; over a panel it is given up.
  const away = {
    keydown: key,
    touchend: () => end(true),
    touchcancel: () => end(false),
    blur: () => end(false),
    mouseup: (/** @type {any} */ event) => end(map.getCanvasContainer().contains(event.target)),
  };
  map.on("mousedown", layer, begin);
  map.on("touchstart", layer, begin);
  return {
    get going() {
      return Boolean(going?.begun);
    },
  };
}
