package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func diseases() dlp.Type {
	return dlp.Type{
		ID: "diseases", Name: "Diseases",
		Group:  dlp.Health,
		About:  "Names of diseases near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:diabetes|diabetes[ -]mellitus|hypertension|asthma|leukemia|leukaemia|lymphoma|melanoma|carcinoma|sarcoma|pneumonia|bronchitis|tuberculosis|hepatitis|hepatitis[ -]b|hepatitis[ -]c|cirrhosis|pancreatitis|appendicitis|diverticulitis|gastritis|colitis|ulcerative[ -]colitis|crohn's[ -]disease|celiac[ -]disease|coeliac[ -]disease|epilepsy|migraine|multiple[ -]sclerosis|parkinson's[ -]disease|alzheimer's[ -]disease|dementia|schizophrenia|bipolar[ -]disorder|major[ -]depressive[ -]disorder|anxiety[ -]disorder|post-traumatic[ -]stress[ -]disorder|anorexia[ -]nervosa|bulimia|autism|adhd|rheumatoid[ -]arthritis|osteoarthritis|osteoporosis|fibromyalgia|lupus[ -]erythematosus|psoriasis|eczema|rosacea|cellulitis|sepsis|meningitis|encephalitis|malaria|dengue|influenza|measles|mumps|rubella|chickenpox|herpes[ -]zoster|herpes[ -]simplex|shingles|syphilis|gonorrhea|chlamydia|hiv[ -]infection|acquired[ -]immunodeficiency[ -]syndrome|covid-19|anemia|anaemia|hemophilia|haemophilia|thrombosis|deep[ -]vein[ -]thrombosis|pulmonary[ -]embolism|atrial[ -]fibrillation|myocardial[ -]infarction|angina[ -]pectoris|heart[ -]failure|cardiomyopathy|stroke|aneurysm|atherosclerosis|hypothyroidism|hyperthyroidism|goiter|endometriosis|preeclampsia|kidney[ -]failure|renal[ -]failure|nephritis|glaucoma|cataract|macular[ -]degeneration|tinnitus|otitis[ -]media|sinusitis|emphysema|cystic[ -]fibrosis|chronic[ -]obstructive[ -]pulmonary[ -]disease|sleep[ -]apnea|muscular[ -]dystrophy|sickle[ -]cell[ -]disease|thalassemia|hodgkin[ -]lymphoma|breast[ -]cancer|lung[ -]cancer|prostate[ -]cancer|colon[ -]cancer|ovarian[ -]cancer|pancreatic[ -]cancer)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Patient diagnosed with Crohn's disease`,
			`patient: HYPERTENSION`,
		},
		Negatives: []string{
			`hypertension`,
			`patient arrived`,
		},
	}
}
