/** The text of a filter: what is being typed at a place, and clauses put in by clicks. */

export interface Clause {
  text: string;
  from: number;
  to: number;
}

const TOKEN = /\s+|`[^`]*`?|"[^"]*"?|'[^']*'?|[()]|,|<=|>=|!=|[<>=]|[^\s()'"`,<>=!]+|./gs;

interface Token {
  text: string;
  from: number;
  to: number;
}

function tokens(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN), (found) => ({
    text: found[0],
    from: found.index,
    to: found.index + found[0].length,
  })).filter((token) => token.text.trim() !== "");
}

/** The clauses that AND joins on the outermost level: a chip for each. */
export function clausesOf(filter: string): Clause[] {
  const clauses: Clause[] = [];
  let depth = 0;
  let from = -1;
  let to = 0;
  let between = false;
  const end = () => {
    if (from >= 0) clauses.push({ text: filter.slice(from, to), from, to });
    from = -1;
  };
  for (const token of tokens(filter)) {
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    if (depth === 0 && /^and$/i.test(token.text)) {
      if (!between) {
        end();
        continue;
      }
      between = false;
    }
    if (depth === 0 && /^between$/i.test(token.text)) between = true;
    if (from < 0) from = token.from;
    to = token.to;
  }
  end();
  return clauses;
}

/** Whether AND can be put after the filter without a bracket. */
function hasOr(filter: string): boolean {
  let depth = 0;
  for (const token of tokens(filter)) {
    if (token.text === "(") depth++;
    else if (token.text === ")") depth--;
    else if (depth === 0 && /^or$/i.test(token.text)) return true;
  }
  return false;
}

export function withClause(filter: string, clause: string): string {
  const trimmed = filter.trim();
  if (!trimmed) return clause;
  if (clausesOf(trimmed).some((known) => known.text === clause)) return trimmed;
  return `${hasOr(trimmed) ? `(${trimmed})` : trimmed} AND ${clause}`;
}

export function withoutClause(filter: string, clause: Clause): string {
  return clausesOf(filter)
    .filter((known) => known.from !== clause.from)
    .map((known) => known.text)
    .join(" AND ");
}

/** A text in quotes that the grammar takes, whatever is in it. */
export function quoted(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

/** A range in few digits that leaves nothing of it out: the ends move outwards, by a 1000th at most. */
export function roundedOut(low: number, high: number): [number, number] {
  const step = 10 ** Math.floor(Math.log10((high - low || Math.abs(high) || 1) / 1000));
  const digits = Math.min(100, Math.max(0, Math.round(-Math.log10(step))));
  const round = (value: number, to: (x: number) => number) => {
    if (Number(value.toFixed(digits)) === value) return value;
    const near = Number((to(value / step) * step).toFixed(digits));
    return Number.isFinite(near) ? near : value;
  };
  return [round(low, Math.floor), round(high, Math.ceil)];
}

export type Expected =
  | { what: "field"; typed: string; from: number }
  | { what: "operator"; field: string; typed: string; from: number }
  | { what: "value"; field: string; operator: string; typed: string; from: number }
  | { what: "joint"; typed: string; from: number };

/** What the grammar has next at the end of the text, and what of it is typed already. */
export function expectedAt(text: string): Expected {
  const found = tokens(text);
  const last = found.at(-1);
  const isTyping = last !== undefined && last.to === text.length && !/^[()<>=!,]+$/.test(last.text);
  const typed = isTyping ? last.text : "";
  const from = isTyping ? last.from : text.length;
  const done = joined(isTyping ? found.slice(0, -1) : found);
  let state: "field" | "operator" | "value" | "joint" = "field";
  let field = "";
  let operator = "";
  let inList = false;
  for (const word of done) {
    if (state === "field") {
      if (/^(not|\()$/i.test(word)) continue;
      field = word;
      state = "operator";
      operator = "";
    } else if (state === "operator") {
      if (/^null$/i.test(word)) {
        state = "joint";
        continue;
      }
      operator = `${operator} ${word}`.trim().toUpperCase();
      if (/^(=|!=|<|>|<=|>=|(NOT )?(LIKE|ILIKE|IN|BETWEEN))$/.test(operator)) state = "value";
    } else if (state === "value") {
      if (word === "(") inList = true;
      else if (word === ")" && inList) {
        inList = false;
        state = "joint";
      } else if (word === "," || inList) {
      } else state = "joint";
    } else if (/^and$/i.test(word) && /BETWEEN$/.test(operator)) {
      state = "value";
      operator = "=";
    } else if (/^(and|or)$/i.test(word)) state = "field";
  }
  // A field in odd letters is several tokens: params.`a b`.
  const glued = isTyping && state === "operator" && text[from - 1] === ".";
  if (glued) return { what: "field", typed: field + typed, from: from - field.length };
  if (state === "operator") return { what: "operator", field, typed, from };
  if (state === "value") return { what: "value", field, operator, typed, from };
  return { what: state, typed, from } as Expected;
}

/** Words, with `params.` and the quoted key behind it as one. */
function joined(found: Token[]): string[] {
  const words: string[] = [];
  let end = -1;
  for (const token of found) {
    const last = words.at(-1);
    if (last?.endsWith(".") && token.from === end) words[words.length - 1] = last + token.text;
    else words.push(token.text);
    end = token.to;
  }
  return words;
}

/** Where a refused filter is wrong, counted from 0; the server says "At character 13" of 12. */
export function errorPlace(message: string): number | null {
  const found = /\bAt character (\d+)/.exec(message);
  return found ? Number(found[1]) - 1 : null;
}
