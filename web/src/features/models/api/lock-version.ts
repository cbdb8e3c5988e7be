import { call, pathOf } from "@/lib/http";

export const lockVersion = (name: string, version: string, holder: string, reason: string) =>
  call("PUT", `api/v1/models/${pathOf(name)}/versions/${pathOf(version)}/locks`, {
    holder,
    reason,
  });
