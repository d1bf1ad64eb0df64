<?php
// The provider itself. See config.php.

$of = json_decode(getenv('SAML_PROVIDER'), true);
$persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
$metadata[$of['origin'] . '/idp'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'people',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'NameIDFormat' => $persistent,
    'authproc' => [
        3 => ['class' => 'saml:AttributeNameID', 'identifyingAttribute' => 'uid', 'attribute' => 'uid', 'Format' => $persistent],
        10 => ['class' => 'core:PHP', 'code' => 'if (file_exists("' . $of['dir'] . '/strong") && isset($state["saml:RequestedAuthnContext"]["AuthnContextClassRef"])) {
            $state["saml:AuthnContextClassRef"] = $state["saml:RequestedAuthnContext"]["AuthnContextClassRef"][0];
        }'],
    ],
];
