import { call } from "@/lib/http";

export const cancelScoring = (id: string) => call("DELETE", `api/v1/scoring/${id}`);
