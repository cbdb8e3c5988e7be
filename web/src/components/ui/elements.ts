/** Elements without React, for what is written anew in every frame. */

import { type IconName, iconPath } from "./icon";

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** The same picture as `Icon` draws. */
export class IconElement {
  readonly element = svg("svg");
  private readonly path = svg("path");
  private name: IconName | null = null;

  constructor(name: IconName, size = 14) {
    const look = {
      class: "icon",
      width: String(size),
      height: String(size),
      viewBox: "0 0 16 16",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": "1.4",
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": "true",
    };
    for (const [key, value] of Object.entries(look)) this.element.setAttribute(key, value);
    this.element.append(this.path);
    this.show(name);
  }

  show(name: IconName): void {
    if (name === this.name) return;
    this.name = name;
    this.path.setAttribute("d", iconPath(name));
  }
}

function svg<Tag extends keyof SVGElementTagNameMap>(tag: Tag): SVGElementTagNameMap[Tag] {
  return document.createElementNS("http://www.w3.org/2000/svg", tag);
}
