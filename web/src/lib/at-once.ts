/** Do something for each of many, a few at a time. The first failure is thrown when all have ended. */
export async function forEachOf<T>(items: T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++]!;
      try {
        await act(item);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  if (failures.length) throw failures[0];
}
