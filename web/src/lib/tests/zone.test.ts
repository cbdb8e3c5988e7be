import { afterEach, expect, test } from "vitest";
import { showDay, showTime } from "../format";
import { chosenZone, dateInZone, dayOf, partsOf, zonesToChoose } from "../zone";

const NEW_YEAR_UTC = Date.UTC(2026, 0, 1);

afterEach(() => chosenZone.set(""));

test("times are written in the zone that was chosen, which is named", () => {
  chosenZone.set("UTC");
  expect(showTime(NEW_YEAR_UTC)).toBe("2026-01-01 00:00:00 UTC");
  chosenZone.set("America/New_York");
  expect(showTime(NEW_YEAR_UTC)).toBe("2025-12-31 19:00:00 EST");
  expect(showDay(NEW_YEAR_UTC)).toBe("2025-12-31");
  chosenZone.set("Asia/Kolkata");
  expect(showTime(Date.UTC(2026, 6, 1, 18, 45, 30))).toMatch(/^2026-07-02 00:15:30/);
});

test("an axis is labelled in that zone too", () => {
  chosenZone.set("Asia/Kolkata");
  const date = dateInZone(Date.UTC(2026, 6, 1, 18, 45, 30));
  expect([date.getDate(), date.getHours(), date.getMinutes()]).toEqual([2, 0, 15]);
});

test("every zone can be chosen", () => {
  const zones = zonesToChoose();
  expect(zones.slice(0, 1)).toEqual(["UTC"]);
  expect(zones).toContain("Europe/Berlin");
  expect(new Set(zones).size).toBe(zones.length);
});

test.each(["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham"])(
  "a day that is remembered is the day it is in %s",
  (zone) => {
    const begun = Date.UTC(2026, 3, 4);
    for (let ms = begun; ms < begun + 2 * 86_400_000; ms += 299_999) {
      expect(dayOf(ms, zone)).toBe(partsOf(ms, zone).day);
    }
  },
);
