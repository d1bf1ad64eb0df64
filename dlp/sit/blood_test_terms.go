package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func bloodTestTerms() dlp.Type {
	return dlp.Type{
		ID: "blood-test-terms", Name: "Blood test terms",
		Group:  dlp.Health,
		About:  "Names of blood tests near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:complete[ -]blood[ -]count|hemoglobin[ -]a1c|haemoglobin[ -]a1c|hba1c|white[ -]blood[ -]cell[ -]count|red[ -]blood[ -]cell[ -]count|platelet[ -]count|hematocrit|haematocrit|mean[ -]corpuscular[ -]volume|erythrocyte[ -]sedimentation[ -]rate|c-reactive[ -]protein|basic[ -]metabolic[ -]panel|comprehensive[ -]metabolic[ -]panel|lipid[ -]panel|ldl[ -]cholesterol|hdl[ -]cholesterol|triglycerides|fasting[ -]glucose|blood[ -]glucose|serum[ -]creatinine|blood[ -]urea[ -]nitrogen|alanine[ -]aminotransferase|aspartate[ -]aminotransferase|alkaline[ -]phosphatase|bilirubin|albumin|troponin|brain[ -]natriuretic[ -]peptide|d-dimer|prothrombin[ -]time|partial[ -]thromboplastin[ -]time|thyroid[ -]stimulating[ -]hormone|free[ -]t4|ferritin|transferrin|vitamin[ -]b12|vitamin[ -]d[ -]level|prostate[ -]specific[ -]antigen|cancer[ -]antigen[ -]125|carcinoembryonic[ -]antigen|hiv[ -]test|hepatitis[ -]panel|rheumatoid[ -]factor|antinuclear[ -]antibody|blood[ -]culture|arterial[ -]blood[ -]gas|lactate[ -]dehydrogenase|creatine[ -]kinase|amylase|lipase)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Patient: Hemoglobin A1c 7.1 %`,
		},
		Negatives: []string{
			`hemoglobin a1c`,
			`patient a1c`,
		},
	}
}
