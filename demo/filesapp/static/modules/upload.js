// Five ways to send a file. Each calls progress with a number from 0 to 1.
import { API } from "files/hosts.js";
import { api } from "files/session.js";
import { explain } from "files/status.js";

const chunk = 256 * 1024;
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function good(response) {
  if (!response.ok) throw new Error(await explain(response));
  return response;
}

export const ways = {
  async put(folder, file) {
    await api(`/v1/folders/${folder}/files/${encodeURIComponent(file.name)}`, { method: "PUT", body: file, headers: { "Content-Type": file.type || "application/octet-stream" } });
  },

  async multipart(folder, file) {
    const form = new FormData();
    form.append("file", file);
    await api(`/v1/folders/${folder}/upload`, { method: "POST", body: form });
  },

  async tus(folder, file, progress) {
    const headers = { "Tus-Resumable": "1.0.0" };
    const meta = `filename ${base64(file.name)}` + (file.type ? `,filetype ${base64(file.type)}` : "");
    const created = await api(`/v1/tus/${folder}`, { method: "POST", headers: { ...headers, "Upload-Length": String(file.size), "Upload-Metadata": meta } });
    const at = created.headers.get("Location");
    for (let offset = 0; offset < file.size; ) {
      const sent = await api(at, { method: "PATCH", body: file.slice(offset, offset + chunk), headers: { ...headers, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" } });
      offset = Number(sent.headers.get("Upload-Offset"));
      progress(offset / file.size);
    }
  },

  async google(folder, file, progress) {
    const opened = await api(API + "/upload/v1/files?uploadType=resumable", {
      method: "POST",
      body: JSON.stringify({ name: file.name, parent: folder }),
      headers: { "Content-Type": "application/json", "X-Upload-Content-Type": file.type || "application/octet-stream", "X-Upload-Content-Length": String(file.size) },
    });
    const at = opened.headers.get("Location");
    for (let offset = 0; ; ) {
      const part = file.slice(offset, offset + chunk);
      const span = part.size ? `${offset}-${offset + part.size - 1}` : "*";
      const sent = await fetch(at, { method: "PUT", body: part, headers: { "Content-Range": `bytes ${span}/${file.size}` } });
      if (sent.status !== 308) return good(sent);
      offset = Number((sent.headers.get("Range") || "bytes=0--1").split("-")[1]) + 1;
      progress(offset / file.size);
    }
  },

  async graph(folder, file, progress) {
    const created = await api(`/v1.0/me/drive/items/${folder}:/${encodeURIComponent(file.name)}:/createUploadSession`, { method: "POST" });
    const { uploadUrl } = await created.json();
    for (let offset = 0; offset < file.size; ) {
      const part = file.slice(offset, offset + chunk);
      await good(await fetch(uploadUrl, { method: "PUT", body: part, headers: { "Content-Range": `bytes ${offset}-${offset + part.size - 1}/${file.size}` } }));
      offset += part.size;
      progress(offset / file.size);
    }
  },
};
