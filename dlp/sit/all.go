package sit

import "github.com/referee-casb/referee/dlp"

// All returns every built-in type, by id.
func All() []dlp.Type {
	return []dlp.Type{
		abaRouting(),
		creditCardNumber(),
		dateOfBirth(),
		drugEnforcementAgencyNumber(),
		eMailAddress(),
		euDebitCardNumber(),
		imei(),
		internationalBankingAccountNumber(),
		ipAddressV4(),
		ipAddressV6(),
		isin(),
		leiCode(),
		medicareBeneficiaryIdentifierCard(),
		mexicoClabe(),
		phoneNumber(),
		swiftCode(),
		ukBankAccountNumber(),
		usBankAccountNumber(),
		usDriversLicenseNumber(),
		usEmployerIdentificationNumber(),
		usIndividualTaxpayerIdentificationNumber(),
		usNationalProviderIdentifier(),
		usSocialSecurityNumber(),
		usUkPassportNumber(),
		vehicleIdentificationNumber(),
	}
}
