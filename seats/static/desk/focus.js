// The keyboard's place, while what it stands on is drawn anew.

/** Return a selector by which what is drawn in an element's place is found. */
function named(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const known = [...element.attributes].filter(({ name }) => name === "name" || name.startsWith("data-"));
  return element.localName + known.map(({ name, value }) => `[${name}="${CSS.escape(value)}"]`).join("");
}

/** Draw; where the focus stood within `root`, it stands on the same thing again, or on what `otherwise` returns. */
export function holding(root, draw, otherwise = () => null) {
  const before = root.contains(document.activeElement) ? document.activeElement : null;
  const { selectionStart, selectionEnd } = before ?? {};
  draw();
  if (!before || (before.isConnected && document.activeElement === before)) return;
  const after = before.isConnected ? before : root.querySelector(named(before));
  after?.focus({ preventScroll: true });
  if (document.activeElement !== after) { otherwise()?.focus({ preventScroll: true }); return; }
  if (Number.isInteger(selectionStart)) after.setSelectionRange(selectionStart, selectionEnd);
}
