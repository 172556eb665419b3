import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.LogManager;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.VeraPDFFoundry;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.RuleId;

/**
 * Validates files against PDF/A-2b: a path an argument, or a line of standard input when there is none.
 * Answers a line of JSON a file, in order: path, compliant, assertions, failed rules, or the error.
 */
public final class Validate {
    private static final PDFAFlavour FLAVOUR = PDFAFlavour.PDFA_2_B;
    private static final int SHOWN = 1; // failures of a rule that are described; all are counted
    private static final ObjectMapper JSON = new ObjectMapper();

    private Validate() {}

    public static void main(String[] paths) throws IOException {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String path : paths) {
            out.println(JSON.writeValueAsString(validated(path)));
        }
        if (paths.length == 0) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String path = lines.readLine(); path != null; path = lines.readLine()) {
                out.println(JSON.writeValueAsString(validated(path)));
            }
        }
    }

    private static Map<String, Object> validated(String path) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("path", path);
        VeraPDFFoundry foundry = Foundries.defaultInstance();
        try (PDFAParser parser = foundry.createParser(new File(path), FLAVOUR);
                PDFAValidator validator = foundry.createValidator(FLAVOUR, SHOWN, false, true, false)) {
            ValidationResult result = validator.validate(parser);
            answer.put("compliant", result.isCompliant());
            answer.put("assertions", result.getTotalAssertions());
            answer.put("failed", failed(result));
        } catch (Exception problem) {
            // A file that cannot be read is not compliant: the caller is told why, and the next file has its turn.
            answer.put("compliant", false);
            answer.put("error", problem.toString());
        }
        return answer;
    }

    private static List<Map<String, Object>> failed(ValidationResult result) {
        List<Map<String, Object>> rules = new ArrayList<>();
        for (Map.Entry<RuleId, Integer> entry : result.getFailedChecks().entrySet()) {
            RuleId rule = entry.getKey();
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("clause", rule.getClause());
            one.put("test", rule.getTestNumber());
            one.put("count", entry.getValue());
            for (TestAssertion shown : result.getTestAssertions()) {
                if (shown.getRuleId().equals(rule)) {
                    one.putIfAbsent("says", shown.getMessage());
                    one.putIfAbsent("where", shown.getLocation().getContext());
                }
            }
            rules.add(one);
        }
        return rules;
    }
}
