package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func genericMedicationNames() dlp.Type {
	return dlp.Type{
		ID: "generic-medication-names", Name: "Generic medication names",
		Group:  dlp.Health,
		About:  "International nonproprietary names of medicines near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:acetaminophen|paracetamol|ibuprofen|naproxen|diclofenac|metformin|insulin[ -]glargine|atorvastatin|simvastatin|rosuvastatin|amlodipine|lisinopril|ramipril|losartan|valsartan|metoprolol|bisoprolol|carvedilol|hydrochlorothiazide|furosemide|spironolactone|warfarin|apixaban|rivaroxaban|clopidogrel|omeprazole|pantoprazole|esomeprazole|amoxicillin|azithromycin|ciprofloxacin|doxycycline|clarithromycin|metronidazole|fluconazole|aciclovir|acyclovir|valacyclovir|oseltamivir|prednisone|prednisolone|dexamethasone|hydrocortisone|levothyroxine|sertraline|fluoxetine|citalopram|escitalopram|venlafaxine|duloxetine|bupropion|mirtazapine|amitriptyline|quetiapine|olanzapine|risperidone|aripiprazole|clozapine|haloperidol|lithium[ -]carbonate|lamotrigine|valproate|carbamazepine|levetiracetam|gabapentin|pregabalin|topiramate|diazepam|lorazepam|alprazolam|clonazepam|zolpidem|morphine|oxycodone|hydrocodone|fentanyl|tramadol|codeine|methadone|buprenorphine|naloxone|methylphenidate|salbutamol|albuterol|budesonide|fluticasone|montelukast|tiotropium|methotrexate|adalimumab|etanercept|infliximab|rituximab|trastuzumab|tamoxifen|letrozole|cisplatin|doxorubicin|cyclophosphamide|sildenafil|tadalafil|finasteride|tamsulosin|semaglutide|liraglutide|empagliflozin|sitagliptin|glimepiride|tenofovir|emtricitabine|efavirenz|dolutegravir|sofosbuvir|allopurinol|colchicine|alendronate)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Patient was prescribed atorvastatin 20 mg`,
		},
		Negatives: []string{
			`atorvastatin`,
			`patient was prescribed rest`,
		},
	}
}
