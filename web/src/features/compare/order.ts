/** The ids with one of them at another place. */
export function moved(ids: string[], id: string, place: number): string[] {
  const without = ids.filter((other) => other !== id);
  return without.toSpliced(place, 0, id);
}
