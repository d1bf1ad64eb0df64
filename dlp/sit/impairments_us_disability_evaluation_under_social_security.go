package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func impairmentsUsDisabilityEvaluationUnderSocialSecurity() dlp.Type {
	return dlp.Type{
		ID: "impairments-us-disability-evaluation-under-social-security", Name: "Impairments listed in the U.S. disability evaluation under Social Security",
		Group:  dlp.Health,
		About:  "Names of impairments of the listing near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:loss[ -]of[ -]visual[ -]acuity|statutory[ -]blindness|loss[ -]of[ -]speech|hearing[ -]loss|amputation[ -]due[ -]to|spinal[ -]stenosis|nerve[ -]root[ -]compression|chronic[ -]heart[ -]failure|ischemic[ -]heart[ -]disease|recurrent[ -]arrhythmias|chronic[ -]liver[ -]disease|short[ -]bowel[ -]syndrome|chronic[ -]kidney[ -]disease|hemolytic[ -]anemias|bone[ -]marrow[ -]failure|intellectual[ -]disorder|neurocognitive[ -]disorders|depressive,[ -]bipolar[ -]and[ -]related[ -]disorders|autism[ -]spectrum[ -]disorder|traumatic[ -]brain[ -]injury|cerebral[ -]palsy|amyotrophic[ -]lateral[ -]sclerosis|post-polio[ -]syndrome|myasthenia[ -]gravis|peripheral[ -]neuropathy|inflammatory[ -]arthritis|systemic[ -]lupus[ -]erythematosus|immune[ -]deficiency[ -]disorders)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Medical history: statutory blindness`,
		},
		Negatives: []string{
			`statutory blindness`,
		},
	}
}
