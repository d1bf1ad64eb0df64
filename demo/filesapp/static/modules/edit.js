// The editor of text documents: loads the text from the API and saves it over the version that it loaded.
import { api } from "files/session.js";
import { pageData, say } from "files/status.js";

const { file } = pageData();
const text = document.getElementById("text");
const save = document.getElementById("save");
let version = 0;

async function load() {
  const doc = await (await api(`/v1/files/${file.id}/text`)).json();
  text.value = doc.text;
  version = doc.version;
  text.disabled = save.disabled = false;
}
load().catch((err) => say(err.message));

document.getElementById("editor").addEventListener("submit", async (e) => {
  e.preventDefault();
  save.disabled = true;
  try {
    const saved = await (await api(`/v1/files/${file.id}/text`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ version, text: text.value }) })).json();
    version = saved.version;
    say(`Saved as version ${version}.`);
  } catch (err) {
    say(err.message);
  }
  save.disabled = false;
});
