// Package inspect looks into content: it finds information types and sensitivity labels in files and text, and says
// whether they are malware, for whoever has to decide about them. The gateway calls it through gateway.Inspector.
//
// It owns the way from bytes to facts and its bounds: which engine, which process, how long, and what is remembered.
// Finding types is package dlp's, finding text is dlp/extract's, reading labels is dlp/label's; what follows from a fact
// is package policy's. A fact that could not be had is unobtainable, never absent: only content that was read to its end
// is clean.
//
// The way of the data: plain text is scanned while it arrives, in this process. Anything else waits until it is whole and
// is read in a process of its own (inspect/worker), whose text is scanned here as it comes. The first finding that
// decides ends the work.
//
// What plugs in, all in [Parts]: a tenant's own types ([Types]), the reader of dangerous formats ([Reader]; further
// readers of dlp/extract run inside it), and a malware checker ([Malware]). Layer L4. Begin with [Inspector.Inspect].
package inspect
