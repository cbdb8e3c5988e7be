import { call, pathOf } from "@/lib/http";

export const setGate = (name: string, alias: string, rule: string) =>
  call("PUT", `api/v1/models/${pathOf(name)}/gates/${pathOf(alias)}`, { rule });
