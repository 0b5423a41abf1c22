/** An element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A labelled number. */
export function numberField(label, value, options) {
  const input = element('input', { type: 'number', value, ...options });
  return { input, field: element('label', {}, label, input) };
}
