import { pathOf, post } from "@/lib/http";

export const addComment = (name: string, version: string, comment: string) =>
  post(`api/v1/models/${pathOf(name)}/versions/${pathOf(version)}/comments`, { comment });
