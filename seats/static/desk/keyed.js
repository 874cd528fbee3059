// Draws anew in place: what stays the same keeps its element, so that a click that began on it ends on it.

const keyed = (node) => node.dataset?.key !== undefined;
// It stands for one that has not changed since the page said that it has it, and has nothing in it.
const same = (node) => node.dataset?.same !== undefined;

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

/** Make `old` look like `fresh`; returns the element that stands there then. What is the same is not touched. */
export function morph(old, fresh, held = false) {
  if (same(fresh)) return old;
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.dataset?.key !== fresh.dataset?.key) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  attributes(old, fresh);
  children(old, fresh, held);
  return old;
}

/**
 * Make the children of `old` look like those of `fresh`. Those with a `data-key` are known by it.
 *
 * While they are `held`, as under a pointer, they keep their places: new ones come last, and those that are gone stay,
 * marked so. The next time that they are not held puts all of it in order.
 */
export function children(old, fresh, held = false) {
  const found = [...fresh.childNodes];
  if (!found.some(keyed) && ![...old.childNodes].some(keyed)) {
    for (const [at, node] of found.entries()) {
      if (old.childNodes[at]) morph(old.childNodes[at], node, held);
      else old.append(node);
    }
    while (old.childNodes.length > found.length) old.lastChild.remove();
    return;
  }
  const known = new Map([...old.children].filter(keyed).map((one) => [one.dataset.key, one]));
  const made = found.filter((one) => one.nodeType === Node.ELEMENT_NODE && (!same(one) || known.has(one.dataset.key))).map((one) => {
    const before = known.get(one.dataset.key);
    known.delete(one.dataset.key);
    return before ? morph(before, one, held) : one;
  });
  if (held && old.children.length) {
    for (const gone of known.values()) gone.classList.add("gone");
    for (const one of made) if (one.parentNode !== old) old.append(one);
    return;
  }
  let place = null;
  for (const one of made) {
    const next = place ? place.nextElementSibling : old.firstElementChild;
    if (next !== one) old.insertBefore(one, next);
    place = one;
  }
  const stay = new Set(made);
  for (const one of [...old.childNodes]) if (!stay.has(one)) one.remove();
}
