// Every page is complete without this script.
