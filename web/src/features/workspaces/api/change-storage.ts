import { call } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type StorageChange = Partial<components["schemas"]["ChangeStorage"]>;

/** Change where new files go, or a limit; null takes a limit away. */
export const changeStorage = (change: StorageChange) => call("PATCH", "api/v1/storage", change);
