/** Makes elements: text only ever becomes text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An element of the page. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/** Replaces what an element holds. */
export const fill = (id: string, ...children: readonly (Node | string)[]): void =>
  byId(id).replaceChildren(...children);

export const show = (id: string, text: string): void => {
  byId(id).textContent = text;
};
