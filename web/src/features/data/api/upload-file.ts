import { address, RequestFailed } from "@/lib/http";

/** Put a file into a datastore; an older one of the name is replaced. */
export async function uploadFile(datastore: string, path: string, file: File): Promise<void> {
  const url = address("api/v1/artifacts/file", { uri: `datastore://${datastore}/${path}` });
  const answer = await fetch(url, { method: "PUT", body: file });
  if (answer.ok) return;
  const told = (await answer.json().catch(() => ({}))) as { error_code?: string; message?: string };
  throw new RequestFailed(answer.status, told.error_code ?? "", told.message ?? "It was refused.");
}
