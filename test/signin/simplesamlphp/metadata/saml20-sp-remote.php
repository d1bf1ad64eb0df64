<?php
// Referee, as the provider knows it. See config.php.

$of = json_decode(getenv('SAML_PROVIDER'), true);
$metadata[$of['sp']] = [
    'AssertionConsumerService' => $of['acs'],
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'simplesaml.nameidattribute' => 'uid',
];
