import { expect, test } from "vitest";
import type { RegisteredModel } from "@/lib/mlflow";
import { activityWords } from "../activity-words";
import { leaderOf, standingsOf } from "../standings";

const model = (aliases: Record<string, string>, stages: Record<string, string> = {}) =>
  ({
    name: "churn",
    aliases: Object.entries(aliases).map(([alias, version]) => ({ alias, version })),
    latest_versions: Object.entries(stages).map(([current_stage, version]) => ({
      current_stage,
      version,
    })),
  }) as RegisteredModel;

test("the champion leads, else who is in production", () => {
  expect(leaderOf(model({ champion: "3", prod: "2" }, { Production: "1" }))).toEqual({
    title: "@champion",
    version: "3",
  });
  expect(leaderOf(model({ prod: "2" }, { Production: "1" }))?.version).toBe("1");
  expect(leaderOf(model({ prod: "2" }))?.version).toBe("2");
  expect(leaderOf(model({ latest_try: "2" }, { Staging: "2" }))).toBeNull();
});

test("versions that stand nowhere are not told", () => {
  expect(standingsOf(model({ a: "1" }, { None: "3", Archived: "2", Staging: "1" }))).toEqual([
    ["@a", "1"],
    ["Staging", "1"],
  ]);
});

const words = (kind: string, details: Record<string, string> = {}) =>
  activityWords({ kind, details, version: 1, user: "alice", created_ms: 0 });

test("what happened is told as a sentence", () => {
  expect(words("SET_ALIAS", { alias: "champion", from_version: "2" })).toBe(
    "gave it the alias @champion, which version 2 had",
  );
  expect(words("APPLIED_TRANSITION", { from_stage: "None", to_stage: "Staging" })).toBe(
    "moved it from None to Staging",
  );
  expect(words("REJECTED_REQUEST", { to_stage: "Production", comment: "not yet" })).toBe(
    "rejected Production: not yet",
  );
  expect(words("LOCKED", { holder: "endpoint churn", reason: "" })).toBe(
    "locked it for endpoint churn",
  );
});

test("what this version of the studio does not know is told in the server's words", () => {
  expect(words("SOMETHING_NEW")).toBe("something new");
});
