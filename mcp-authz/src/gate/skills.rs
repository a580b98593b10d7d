//! Skills (SEP-2640): resources of their own, with the files and directories that they name.

use rmcp::model::{
    CacheScope, ErrorCode, ErrorData, GetSkillRequestParams, GetSkillResult,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};

use super::Gate;
use super::operation::Operation;
use super::policy::Asked;

impl<H: ServerHandler> Gate<H> {
    pub(super) async fn get_skill_allowed(
        &self,
        request: GetSkillRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await;
        let pass = pass.map_err(unknown_parameter)?;
        let skill = pass.run(|| self.guarded.handler.get_skill(request, context));
        // What was read with a token is nobody else's.
        let mut found = skill.await?.with_cache_scope(CacheScope::Private);
        let asked = &mut Asked::default();
        self.show_files(&mut found.skill, &pass.0.caller, asked)
            .await;
        Ok(found)
    }

    pub(super) async fn read_directory_allowed(
        &self,
        mut request: ReadResourceDirectoryRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        const LIST: &str = "resources/directory/read";
        let operation = Operation::Resource(&request.uri);
        let pass = self.pass(&context, operation).await;
        let pass = pass.map_err(unknown_parameter)?;
        let cursor = request.cursor.take();
        let handler = &self.guarded.handler;
        self.page(
            &pass,
            (LIST, &request.uri),
            cursor,
            context,
            |cursor, context| {
                let mut request = request.clone();
                request.cursor = cursor;
                handler.read_resource_directory(request, context)
            },
        )
        .await
    }
}

/// SEP-2640 knows one code for a URI that there is not, whatever the revision.
fn unknown_parameter(mut error: ErrorData) -> ErrorData {
    if error.code == ErrorCode::RESOURCE_NOT_FOUND {
        error.code = ErrorCode::INVALID_PARAMS;
    }
    error
}
