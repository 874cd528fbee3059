// Words as they are typed.

/** Characters, as people count them: an emoji of two halves is one. */
export const count = (text) => [...text].length;

/** Tell whether a key belongs to an input method that is still composing: its Enter is not the seat's. */
export const composing = (event) => Boolean(event.isComposing) || event.keyCode === 229;

/** Put a piece into a text at a selection; returns the text and where the cursor stands then. */
export function inserted(text, start, end, piece) {
  return { text: text.slice(0, start) + piece + text.slice(end), at: start + piece.length };
}
