import { expect, test } from "vitest";
import { guessedDirection } from "../directions";

test.each([
  ["validation_loss", "min"],
  ["rmse", "min"],
  ["training_seconds", "min"],
  ["neg_mean_squared_error", "max"],
  ["validation_accuracy", "max"],
  ["r2", "max"],
])("of %s the %s is taken for the best", (metric, direction) => {
  expect(guessedDirection(metric)).toBe(direction);
});
