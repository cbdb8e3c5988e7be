import { Marked } from "marked";

const TAGS = new Set(
  "a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input kbd li ol p pre s span strong sub summary sup table tbody td th thead tr ul".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "href src alt title align colspan rowspan type checked disabled".split(" "),
);

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

// HTML inside of Markdown is shown as the text it is.
const reader = new Marked({
  gfm: true,
  breaks: true,
  renderer: { html: ({ text }) => escaped(text) },
});

/** Markdown as HTML in which nothing acts: tags, attributes and addresses by a list of good ones. */
export function renderMarkdown(text: string): string {
  const html = reader.parse(text, { async: false });
  // A document of its own: nothing in it is loaded or run while it is cleaned.
  const page = new DOMParser().parseFromString(html, "text/html");
  clean(page.body);
  return page.body.innerHTML;
}

function clean(parent: Element): void {
  for (const element of [...parent.children]) {
    const tag = element.tagName.toLowerCase();
    if (!TAGS.has(tag)) {
      element.remove();
      continue;
    }
    for (const { name, value } of [...element.attributes]) {
      const isAddress = name === "href" || name === "src";
      if (!ATTRIBUTES.has(name) || (isAddress && !isHarmless(value, name))) {
        element.removeAttribute(name);
      }
    }
    if (tag === "a") {
      element.setAttribute("rel", "noopener noreferrer");
      element.setAttribute("target", "_blank");
    }
    if (tag === "input") {
      element.setAttribute("type", "checkbox");
      element.setAttribute("disabled", "");
    }
    clean(element);
  }
}

function isHarmless(address: string, attribute: string): boolean {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase();
  if (attribute === "src") return scheme === undefined || scheme === "data";
  return scheme === undefined || ["http", "https", "mailto"].includes(scheme);
}
