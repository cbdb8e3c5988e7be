import { address, call, pathOf } from "@/lib/http";

export const unlockVersion = (name: string, version: string, holder: string) =>
  call(
    "DELETE",
    address(`api/v1/models/${pathOf(name)}/versions/${pathOf(version)}/locks`, { holder }),
  );
