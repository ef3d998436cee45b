"use strict";
// What all parts of the script share: words, elements, numbers as text, and what the address says of a figure.
const words = JSON.parse(document.body.dataset.words);
const say = (key, values) =>
  words[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

const drawn = (name, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
const made = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

// Three significant digits, as the labels of the figures have them.
const number = (value) => {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const rounded = value.toExponential(2);
  const exponent = Number(rounded.split("e")[1]);
  const size = Math.abs(value);
  const plain = size >= 1e-3 && size < 1e4;
  const text = plain ? value.toFixed(Math.max(0, 2 - exponent)) : rounded.replace("e+", "e");
  return text.replace(/-/, value < 0 ? "−" : "-");
};

// Bytes that the page holds compressed, in base64.
const inflated = async (text) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

// `#fig-saliency?view=slider` is a figure and how it was looked at: what shows each figure so.
const views = new Map();
const share = (id, state) => {
  const query = new URLSearchParams(state).toString();
  history.replaceState(null, "", `#${id}${query && `?${query}`}`);
};
