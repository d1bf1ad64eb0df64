package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func brandMedicationNames() dlp.Type {
	return dlp.Type{
		ID: "brand-medication-names", Name: "Brand medication names",
		Group:  dlp.Health,
		About:  "Brand names of medicines near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:tylenol|advil|motrin|aleve|voltaren|glucophage|lantus|humalog|novolog|lipitor|zocor|crestor|norvasc|zestril|cozaar|diovan|lopressor|coumadin|eliquis|xarelto|plavix|prilosec|nexium|protonix|augmentin|zithromax|cipro|zovirax|valtrex|tamiflu|deltasone|synthroid|zoloft|prozac|celexa|lexapro|effexor|cymbalta|wellbutrin|seroquel|zyprexa|risperdal|abilify|clozaril|lamictal|depakote|tegretol|keppra|neurontin|lyrica|topamax|valium|ativan|xanax|klonopin|ambien|oxycontin|percocet|vicodin|duragesic|suboxone|narcan|ritalin|adderall|concerta|ventolin|symbicort|flovent|singulair|spiriva|humira|enbrel|remicade|rituxan|herceptin|keytruda|opdivo|viagra|cialis|propecia|flomax|ozempic|wegovy|mounjaro|victoza|jardiance|januvia|truvada|biktarvy|harvoni|zyloprim|fosamax|botox|accutane|lasix|premarin)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`The doctor prescribed Lipitor`,
		},
		Negatives: []string{
			`Lipitor`,
			`The doctor prescribed rest`,
		},
	}
}
