// The viewer: pdf.js gets the original document from the CDN, by ranges where it is large, and draws it.
import { explain, pageData, say } from "files/status.js";

const { file, ready } = pageData();

async function open() {
  const pdfjs = await import("pdfjs");
  pdfjs.GlobalWorkerOptions.workerSrc = import.meta.resolve("pdfjs/w");
  const task = pdfjs.getDocument({ url: file.openUrl, isEvalSupported: false, useSystemFonts: false, standardFontDataUrl: new URL("/pdfjs/standard_fonts/", location.href).href });
  const doc = await task.promise;
  const sheets = document.getElementById("sheets");
  for (let n = 1; n <= doc.numPages; n++) {
    const page = await doc.getPage(n);
    const viewport = page.getViewport({ scale: 1.4 });
    const canvas = Object.assign(document.createElement("canvas"), { width: viewport.width, height: viewport.height });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Page ${n} of ${doc.numPages}`);
    sheets.append(canvas);
    await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
  }
  sheets.dataset.pages = doc.numPages;
}

if (ready) {
  open().catch(async (err) => {
    // pdf.js reports a status only; the answer itself says why.
    const response = err.status ? await fetch(file.openUrl).catch(() => null) : null;
    say(response && !response.ok ? await explain(response) : `The document can't be shown: ${err.message}`);
  });
}
