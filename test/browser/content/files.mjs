// Documents that the tests make themselves.

import { readFileSync } from 'node:fs';
import { crc32 } from './crc.mjs';

/** A zip of names and contents, stored. */
export function zip(parts) {
  const local = [];
  const central = [];
  let at = 0;
  for (const [name, content] of Object.entries(parts)) {
    const bytes = Buffer.from(content);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x21, 8); // the first of January 1980
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(bytes.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const entry = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, tail, Buffer.from(name)]));
    local.push(entry);
    at += entry.length;
  }
  const list = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, list, Buffer.from('PK\x05\x06'), end]);
}

export const label = '8faca7b8-8d20-48a3-8ea2-0f96310a848e';

/** A Word document with a text, and a label when it is asked for. */
export function docx(text, labelled = false) {
  const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const main = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
  const rels = 'http://schemas.openxmlformats.org/package/2006/relationships';
  return zip({
    '[Content_Types].xml': `${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${main}"/></Types>`,
    '_rels/.rels': `${declaration}<Relationships xmlns="${rels}"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>${labelled ? '<Relationship Id="rId2" Type="http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels" Target="docMetadata/LabelInfo.xml"/>' : ''}</Relationships>`,
    'word/document.xml': `${declaration}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`,
    ...(labelled ? { 'docMetadata/LabelInfo.xml': `${declaration}<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{${label}}" enabled="1" method="Privileged" siteId="{72f988bf-86f1-41af-91ab-2d7cd011db47}" contentBits="0" removed="0"/></clbl:labelList>` } : {}),
  });
}

const cards = docx('Please charge the credit card 4111 1111 1111 1111, which expires in 12/29.');

/** The files of the tests, by name: their bytes, and what stops them on the way down and up. */
export const files = {
  'Clean.docx': { bytes: docx('The board meets on Monday.') },
  'Cards.docx': { bytes: cards, down: /holds Credit Card Number/, up: /holds Credit Card Number/ },
  'Strategy.docx': { bytes: docx('The board meets on Monday.', true), down: /because of the label / },
  'Salaries.xls': { bytes: readFileSync(new URL('../../../dlp/extract/testdata/encrypted.xls', import.meta.url)), down: /could not be checked/, up: /could not be checked/ },
  'Archive.zip': { bytes: zip({ 'inner.zip': zip({ 'a.docx': cards }) }), down: /holds Credit Card Number/, up: /holds Credit Card Number/ },
};
