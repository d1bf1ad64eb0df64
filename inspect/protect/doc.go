// Package protect gives the copy of a file that leaves a sensitivity label, as session policies with the action protect
// ask for. The gateway calls it through gateway.Protector.
//
// It decides which label, by the tenant's taxonomy, and whether the file keeps its own; reading and writing files is done
// in a process of its own (inspect/worker), writing labels is package dlp/label's, and what becomes of a file that can't
// be labelled is the policy's. It never writes the metadata of a label that encrypts. Layer L4. Begin with
// [Protector.Protect].
package protect
