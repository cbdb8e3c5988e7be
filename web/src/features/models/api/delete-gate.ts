import { call, pathOf } from "@/lib/http";

export const deleteGate = (name: string, alias: string) =>
  call("DELETE", `api/v1/models/${pathOf(name)}/gates/${pathOf(alias)}`);
