// The page of a document: preview frame, presence, sharing.
import { CDN } from "files/hosts.js";
import { api } from "files/session.js";
import { pageData, say } from "files/status.js";

const { file, presence } = pageData();
const frame = document.getElementById("preview");

if (frame) {
  addEventListener("message", (e) => {
    if (e.origin !== CDN || e.source !== frame.contentWindow) return;
    if (e.data.type === "ready") {
      e.source.postMessage({ type: "show", name: file.name, pages: file.pageUrls }, CDN);
    } else if (e.data.type === "page") {
      document.getElementById("preview-state").textContent = `Page ${e.data.page} of ${e.data.pages}`;
    } else if (e.data.type === "failed") {
      document.getElementById("preview-state").textContent = `Page ${e.data.page} can't be shown.`;
    }
  });
}

const viewers = document.getElementById("viewers");
function watch() {
  const socket = new WebSocket(presence);
  socket.addEventListener("message", (e) => {
    const { viewers: names } = JSON.parse(e.data);
    viewers.textContent = names.length < 2 ? "Only you are looking at this document." : `${names.length} people are looking at this document: ${names.join(", ")}.`;
  });
  socket.addEventListener("close", (e) => {
    viewers.textContent = e.code === 1008 ? "You are signed out." : "Who else is looking is not known right now.";
  });
  addEventListener("pagehide", () => socket.close(), { once: true });
}
watch();
addEventListener("pageshow", (e) => e.persisted && watch());

document.getElementById("share").addEventListener("click", async () => {
  try {
    const { url } = await (await api(`/v1/files/${file.id}/share`, { method: "POST" })).json();
    document.getElementById("share-result").hidden = false;
    const field = document.getElementById("share-link");
    field.value = url;
    field.select();
    say("A link was made.");
  } catch (err) {
    say(err.message);
  }
});
