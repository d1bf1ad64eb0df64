package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func surgicalProcedures() dlp.Type {
	return dlp.Type{
		ID: "surgical-procedures", Name: "Surgical procedures",
		Group:  dlp.Health,
		About:  "Names of operations near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:appendectomy|cholecystectomy|hysterectomy|mastectomy|lumpectomy|prostatectomy|nephrectomy|splenectomy|thyroidectomy|tonsillectomy|colectomy|colostomy|gastrectomy|gastric[ -]bypass|hernia[ -]repair|laparoscopy|laparotomy|craniotomy|laminectomy|spinal[ -]fusion|hip[ -]replacement|knee[ -]replacement|arthroscopy|rotator[ -]cuff[ -]repair|coronary[ -]artery[ -]bypass|angioplasty|stent[ -]placement|pacemaker[ -]implantation|heart[ -]transplant|kidney[ -]transplant|liver[ -]transplant|cataract[ -]surgery|cesarean[ -]section|caesarean[ -]section|vasectomy|tubal[ -]ligation|amputation|skin[ -]graft|tracheostomy|thoracotomy|lobectomy|endarterectomy|rhinoplasty|hemorrhoidectomy|vitrectomy|circumcision|bone[ -]graft)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`The patient underwent a cholecystectomy`,
		},
		Negatives: []string{
			`cholecystectomy`,
		},
	}
}
