// Short-lived bearer tokens for the API host. The page's cookie buys one, the API accepts nothing else.
import { API } from "files/hosts.js";
import { explain } from "files/status.js";

let current = null;

export const formToken = () => (document.cookie.match(/(?:^|; )files_form=([^;]*)/) || [])[1] || "";

export async function token() {
  if (current && current.until > performance.now()) return current.value;
  const response = await fetch("/session/token", { method: "POST", headers: { "X-Form-Token": formToken() } });
  if (!response.ok) throw new Error(await explain(response));
  const body = await response.json();
  current = { value: body.access_token, until: performance.now() + (body.expires_in - 30) * 1000 };
  return current.value;
}

// api calls the API host. It throws with a sentence for people when the answer is not a good one.
export async function api(path, init = {}) {
  const url = path.startsWith("https:") ? path : API + path;
  const headers = new Headers(init.headers);
  headers.set("Authorization", "Bearer " + (await token()));
  let response = await fetch(url, { ...init, headers });
  if (response.status === 401) {
    current = null;
    headers.set("Authorization", "Bearer " + (await token()));
    response = await fetch(url, { ...init, headers });
  }
  if (!response.ok && response.status !== 308) throw new Error(await explain(response));
  return response;
}
