/**
 * A surface over scattered points, by inverse distance weighting (Shepard, 1968): at each place of
 * a grid the mean of all values, each weighted by its distance to the power -3. It goes through
 * the points, says nothing of places far from all, and never exceeds what was measured.
 *
 * x, y: places 0 to 1. Returns size x size values, row by row from y = 0.
 */
export function surface(x: number[], y: number[], z: number[], size: number): Float64Array {
  const found = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const atX = (column + 0.5) / size;
      const atY = (row + 0.5) / size;
      let sum = 0;
      let weights = 0;
      for (let i = 0; i < z.length; i++) {
        const square = (x[i]! - atX) ** 2 + (y[i]! - atY) ** 2;
        const weight = 1 / (square + 1e-6) ** 1.5;
        sum += weight * z[i]!;
        weights += weight;
      }
      found[row * size + column] = sum / weights;
    }
  }
  return found;
}
