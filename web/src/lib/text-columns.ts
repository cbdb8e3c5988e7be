/** Distinct texts: as numbers where all are, and their order. */

const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

/** The texts as numbers, or null unless every one is a number and there is one. */
export function numericTexts(texts: string[]): Float64Array | null {
  if (!texts.length) return null;
  const numbers = new Float64Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (!NUMBER.test(text)) {
      if (!/^(nan|none|null)?$/i.test(text)) return null;
      numbers[i] = Number.NaN;
    } else {
      numbers[i] = Number(text);
    }
  }
  return numbers.some((value) => !Number.isNaN(value)) ? numbers : null;
}

const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The place of each text among all, as a person would sort them. */
export function sortedRanks(texts: string[]): number[] {
  // A collator is slow; for many texts plain order does.
  const compare =
    texts.length > 5000
      ? (one: number, other: number) => (texts[one]! < texts[other]! ? -1 : 1)
      : (one: number, other: number) => COLLATOR.compare(texts[one]!, texts[other]!);
  const places = new Array<number>(texts.length);
  texts
    .map((_, i) => i)
    .sort(compare)
    .forEach((text, place) => {
      places[text] = place;
    });
  return places;
}
