// Runs in the preview frame on the CDN host. It shows pages that the application names, and fetches a file by
// cookie when the application asks for its bytes.
import { APP } from "files/hosts.js";

const main = document.getElementById("pages");
const tell = (message, transfer = []) => parent.postMessage(message, APP, transfer);

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) tell({ type: "page", page: Number(entry.target.dataset.page), pages: main.childElementCount });
  }
}, { root: document, rootMargin: "-50% 0px -50% 0px" }); // the page on the middle line of the frame

function show({ name, pages }) {
  seen.disconnect();
  main.replaceChildren(...pages.map((url, i) => {
    const img = Object.assign(new Image(), { src: url, alt: `Page ${i + 1} of ${name}`, width: 794 });
    img.dataset.page = i + 1;
    img.addEventListener("error", () => tell({ type: "failed", page: i + 1 }));
    img.addEventListener("load", () => seen.observe(img), { once: true });
    return img;
  }));
}

async function get({ path }) {
  try {
    const response = await fetch(path);
    const bytes = await response.arrayBuffer();
    tell({ type: "bytes", status: response.status, bytes }, [bytes]);
  } catch (err) {
    tell({ type: "bytes", status: 0, error: String(err) });
  }
}

addEventListener("message", (e) => {
  if (e.origin !== APP) return;
  clearInterval(calling);
  if (e.data.type === "show") show(e.data);
  else if (e.data.type === "get") get(e.data);
});
// The page around may have its script later than this frame: call until it answers.
const calling = setInterval(() => tell({ type: "ready" }), 300);
tell({ type: "ready" });
