// say puts a sentence into the page's live region.
export function say(text) {
  const el = document.getElementById("status");
  if (el) el.textContent = text;
}

// explain makes a sentence of an answer that is not a good one. A problem document (RFC 9457) speaks for itself.
export async function explain(response) {
  const type = response.headers.get("Content-Type") || "";
  if (type.startsWith("application/problem+json")) {
    const p = await response.json().catch(() => ({}));
    return [p.title, p.detail].filter(Boolean).join(": ") || `The server answered ${response.status}.`;
  }
  return `The server answered ${response.status} ${response.statusText}.`.replace(" .", ".");
}

export const pageData = () => JSON.parse(document.getElementById("page-data").textContent);
