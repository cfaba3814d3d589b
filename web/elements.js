// Elements of the page and of its drawings; a peer's text is never parsed as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** An element with a class and a text. */
export function element(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** An SVG element with attributes and a text. */
export function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
